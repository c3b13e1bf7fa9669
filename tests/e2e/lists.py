"""Lists to import: people, telephone numbers and IBANs by rule, and the lists of the demo.

Everything follows from whole numbers, so that what two lists have in common is known without
comparing them. Nothing belongs to anybody: telephone numbers lie in the ranges that Ofcom keeps for
drama, the bank code SYMB is nobody's, names and dates of birth are made up.

The demo's lists are made from tests/data/amlsim-accounts.csv, the accounts of a simulated bank with
a mark for those that take part in money laundering. For an account numbered N that is marked:

  home         its bank is Bank A when N is even, Bank B when it is odd; each bank has one sort code
  holder       person number N, with telephone number N // 2
  subjects     the list of a bank: its own marked accounts, with what it knows about their holders,
               and those of the other bank where N % 7 == 3: counterparties, known by sort code and
               account number only. So these, N % 7 == 3, are what both banks' lists have in common
  suspects     the list of the police: holders of accounts of Bank A where N % 58 == 4, each known by
               one thing: IBAN, telephone number, or name and date of birth, in turn; and 40 others
"""

import csv
import datetime
import io
import pathlib
import unicodedata

ACCOUNTS = pathlib.Path(__file__).resolve().parents[1] / "data/amlsim-accounts.csv"

SORT_CODES = {"bank-a": "20-00-01", "bank-b": "20-00-02"}
BANK_CODE = "SYMB"

# Area code and the digits that Ofcom keeps for drama; three more follow.
AREAS = (("20", "79460"), ("113", "4960"), ("114", "4960"), ("116", "4960"), ("117", "4960"), ("118", "4960"),
         ("121", "4960"), ("131", "4960"), ("141", "4960"), ("151", "4960"), ("161", "4960"), ("191", "4980"),
         ("28", "90180"), ("29", "20180"))
PHONES = len(AREAS) * 1000

GIVEN = ("José", "Zoë", "Łukasz", "Anaïs", "Björn", "Chloé", "Ðorđe", "Élise", "Fátima", "Günther", "Håkon",
         "İbrahim", "Jürgen", "Katarína", "Lucía", "Márton", "Noémi", "Óscar", "Pavlína", "Renée", "Søren", "Tomáš",
         "Uxía", "Živa")
FAMILY = ("Núñez", "Ødegård", "Müller", "Çelik", "D'Árcy", "Eğilmez", "Fernández", "Grönlund", "Håkansson", "Ibáñez",
          "Jørgensen", "Kovács", "Lefèvre", "Martínez", "Novák", "Ó Briain", "Peña", "Quiñones", "Rousová", "Šimić",
          "Truđić", "Ürgüp", "Vörös", "Wójcik", "Yılmaz", "Žižka", "Åström", "Böhm", "Gonçalves", "Lindström")


def sort_code(number):
    return f"20-{number // 100 % 100:02}-{number % 100:02}"


def iban(code, account):
    """With its check digits (ISO 7064); code as in 20-00-01, account a number of at most 8 digits."""
    bban = f"{BANK_CODE}{code.replace('-', '')}{account:08}"
    rest = int("".join(str(int(sign, 36)) for sign in bban + "GB00")) % 97
    return f"GB{98 - rest:02}{bban}"


def grouped(text):
    return " ".join(text[at:at + 4] for at in range(0, len(text), 4))


def phone_parts(number):
    area, local = AREAS[number // 1000 % len(AREAS)]
    return area, f"{local}{number % 1000:03}"


def phone(number):
    """In E.164."""
    return "+44" + "".join(phone_parts(number))


def phone_as(number, manner):
    """One of five spellings of phone(number)."""
    area, local = phone_parts(number)
    return (f"+44{area}{local}", f"0{area} {local[:-4]} {local[-4:]}", f"(0{area}) {local[:-4]}-{local[-4:]}",
            f"0044 {area} {local}", f"+44 (0){area}.{local}")[manner % 5]


def plain(text):
    """Without accents, as somebody types who has none; only for GIVEN and FAMILY."""
    for accented, bare in (("Ł", "L"), ("ł", "l"), ("Ø", "O"), ("ø", "o"), ("Ð", "D"), ("đ", "d"), ("ı", "i")):
        text = text.replace(accented, bare)
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))


def person(number):
    """(given name, family name, date of birth); no two are the same."""
    born = datetime.date(1950, 2, 2) + datetime.timedelta(days=number)
    if (born.month, born.day) == (1, 1):
        born += datetime.timedelta(days=1)
    return GIVEN[number % len(GIVEN)], FAMILY[number // len(GIVEN) % len(FAMILY)], born.isoformat()


def name_as(number, manner):
    """One of four spellings of the name of person(number)."""
    given, family, _ = person(number)
    return (f"{given} {family}", f"{family}, {given}", f"{plain(given)} {plain(family)}",
            f"{family} {given}".upper())[manner % 4]


def email_as(number, manner):
    local, domain = f"person.{number}", "example.org"
    return (f"{local}@{domain}", f"{local.upper()}@{domain}", f"{local}@{domain.upper()}",
            f" {local.title()}@{domain.title()} ")[manner % 4]


def write(path, header, rows, end="\r\n"):
    text = io.StringIO(newline="")
    sheet = csv.writer(text, lineterminator=end)
    sheet.writerow(header)
    sheet.writerows(rows)
    path = pathlib.Path(path)
    path.write_text(text.getvalue(), "utf-8", newline="")
    return path


# --- The demo.

SUBJECT_COLUMNS = ("id", "name", "date_of_birth", "phone", "iban", "bank", "account")
SUSPECT_COLUMNS = ("id", "name", "date_of_birth", "phone", "iban")
OTHERS = range(20002, 20082, 2)  # beyond the numbers of AMLSim
KNOWN_BY = ("iban", "phone", "name_dob")


def marked():
    with open(ACCOUNTS, encoding="ascii", newline="") as file:
        return [int(row["ACCOUNT_ID"]) for row in csv.DictReader(file) if row["isFraud"] == "1"]


def home(number):
    return "bank-b" if number % 2 else "bank-a"


def is_counterparty(number):
    return number % 7 == 3


def record_id(bank, number):
    return f"{bank[-1].upper()}-{number:04}"


def subject(bank, number):
    """A row of the list of a bank."""
    code, account = SORT_CODES[home(number)], f"{number:08}"
    if home(number) != bank:
        return record_id(bank, number), "", "", "", "", code, account
    given, family, born = person(number)
    return (record_id(bank, number), f"{given} {family}", born, phone_as(number // 2, 1), grouped(iban(code, number)),
            code, account)


def subjects(bank):
    return [subject(bank, number) for number in marked() if home(number) == bank or is_counterparty(number)]


# Its one identifier has wrong check digits.
BAD_ROW = ("A-9999", "", "", "", "GB00 SYMB 2000 0100 0099 99", "", "")


def suspected():
    """[(number of a marked account of Bank A, what the police know its holder by)]"""
    return [(number, KNOWN_BY[at % 3]) for at, number in
            enumerate(number for number in marked() if home(number) == "bank-a" and number % 58 == 4)]


def suspect(at, number, known_by, code):
    _, _, born = person(number)
    return (f"P-{at:03}", name_as(number, 2) if known_by == "name_dob" else "",
            born if known_by == "name_dob" else "",
            phone_as(number // 2, 4) if known_by == "phone" else "",
            iban(code, number).lower() if known_by == "iban" else "")


def suspects():
    others = [(number, KNOWN_BY[at % 3]) for at, number in enumerate(OTHERS)]
    return [suspect(at, number, known_by, SORT_CODES["bank-a"])
            for at, (number, known_by) in enumerate(suspected() + others)]


def shared_by_banks(bank):
    """Record ids of a bank that are on the other bank's list, too."""
    return {record_id(bank, number) for number in marked() if is_counterparty(number)}


def known_to_police():
    """{record id of Bank A: types by which the police know it}"""
    return {record_id("bank-a", number): [known_by] for number, known_by in suspected()}
