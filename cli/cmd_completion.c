#include "cli/command.h"

#include <stdio.h>
#include <string.h>

/* Bash splits words at colons, which kinds of exchange hold: they are put together again, and
 * replies lose what stands before the last colon. */
static const char head[] =
    "# bash completion for symbolon, made by: symbolon completion bash\n"
    "_symbolon_peers() { # of the node that $SYMBOLON_DIR names, while it runs\n"
    "    symbolon peer list --json --wait 2 2>/dev/null |\n"
    "        sed -n 's/.*\"alias\": *\"\\([A-Za-z0-9._-]*\\)\".*/\\1/p'\n"
    "}\n"
    "_symbolon() {\n"
    "    local -a w=()\n"
    "    local t glue='' joined=''\n"
    "    for t in \"${COMP_WORDS[@]:0:COMP_CWORD+1}\"; do\n"
    "        if [[ $t == : && ${#w[@]} -gt 1 ]]; then w[-1]+=:; glue=1 joined=1\n"
    "        elif [[ -n $glue ]]; then w[-1]+=$t; glue=''\n"
    "        else w+=(\"$t\"); joined=''; fi\n"
    "    done\n"
    "    local last=$((${#w[@]} - 1))\n"
    "    local cur=${w[last]} prev=${w[last-1]}\n"
    "    local first='' second='' options='' words='' files='' i n=0\n"
    "    COMPREPLY=()\n"
    "    for ((i = 1; i < last; i++)); do\n"
    "        case ${w[i]} in\n";

static const char after_values[] =
    ") ((i++)) ;;\n"
    "        -*) ;;\n"
    "        *) if [[ -z $first ]]; then first=${w[i]}\n"
    "           elif [[ -z $second ]]; then second=${w[i]}; fi; ((n++)) ;;\n"
    "        esac\n"
    "    done\n"
    "    case \"$first $second\" in\n";

static const char tail[] =
    "    esac\n"
    "    if [[ $cur == -* && -n $options ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
    "    elif [[ -n $words || -n $files ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$words\" $files -- \"$cur\")\n"
    "    fi\n"
    "    if [[ -n $joined ]]; then\n"
    "        COMPREPLY=(\"${COMPREPLY[@]#\"${cur%\"${cur##*:}\"}\"}\")\n"
    "    fi\n"
    "}\n"
    "complete -o filenames -F _symbolon symbolon\n";

/* Of "a|b|FILE" the words that stand for themselves, as "a b ", up to the first blank. */
static void print_words(const char *alternatives)
{
    for (const char *at = alternatives; *at != '\0' && *at != ' ' && *at != '\n';) {
        size_t len = strcspn(at, "| \n");
        if ((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9')) {
            (void)printf("%.*s ", (int)len, at);
        }
        at += len + (at[len] == '|' ? 1 : 0);
    }
}

static bool is_file(const char *argument, size_t len)
{
    return len >= 4 && strncmp(argument + len - 4, "FILE", 4) == 0;
}

/* What may follow an option that takes a value. */
static void print_value(const struct sym_option *option)
{
    const char *argument = option->argument;
    const char *files = is_file(argument, strlen(argument)) ? "-f"
                        : strcmp(argument, "DIR") == 0      ? "-d"
                                                            : "";
    (void)printf("        --%s) options='' words='", option->name);
    print_words(strchr(argument, '|') != NULL ? argument : "");
    (void)printf("' files='%s' ;;\n", files);
}

/* Operands: the usage has words in lower case for what is typed as it is, and FILE for a file. */
static void print_operands(const struct sym_command *command, int n_words)
{
    const char *at = command->usage[0] != NULL ? command->usage[0] : "";
    (void)printf("        case $((n - %d)) in\n", n_words);
    for (int i = 0; *at != '\0' && *at != '[' && *at != '-' && *at != '\n'; i++) {
        size_t len = strcspn(at, " \n");
        (void)printf("        %d) words='", i);
        if (strncmp(at, "ALIAS", len) == 0) {
            (void)printf("'$(_symbolon_peers)'");
        }
        print_words(at);
        (void)printf("' files='%s' ;;\n", is_file(at, len) ? "-f" : "");
        at += len + (at[len] == ' ' ? 1 : 0);
    }
    (void)printf("        esac\n");
}

static void print_command(const struct sym_command *command)
{
    struct sym_args all = {0};
    sym_command_options(&all, command);
    bool two_words = strchr(command->name, ' ') != NULL;
    (void)printf("    '%s%s'%s)\n", command->name, two_words ? "" : " ", two_words ? "" : "*");
    print_operands(command, two_words ? 2 : 1);
    (void)printf("        options='");
    for (size_t i = 0; i < all.n_known; i++) {
        (void)printf("%s--%s", i > 0 ? " " : "", all.known[i]->name);
    }
    (void)printf("'\n        case $prev in\n");
    for (size_t i = 0; i < all.n_known; i++) {
        if (all.known[i]->argument != NULL) {
            print_value(all.known[i]);
        }
    }
    (void)printf("        esac ;;\n");
}

static size_t first_word(const struct sym_command *command)
{
    return strcspn(command->name, " ");
}

static bool same_first_word(const struct sym_command *a, const struct sym_command *b)
{
    size_t len = first_word(a);
    return len == first_word(b) && strncmp(a->name, b->name, len) == 0;
}

/* True for the first command of several that share their first word. */
static bool starts_group(size_t at)
{
    const struct sym_command *command = sym_command_at(at);
    for (size_t i = 0; i < at; i++) {
        if (same_first_word(sym_command_at(i), command)) {
            return false;
        }
    }
    return true;
}

/* After "peer": add, list, … */
static void print_group(const struct sym_command *leader)
{
    (void)printf("    '%.*s ') words='", (int)first_word(leader), leader->name);
    for (size_t i = 0; sym_command_at(i) != NULL; i++) {
        if (same_first_word(sym_command_at(i), leader)) {
            (void)printf("%s ", sym_command_at(i)->name + first_word(leader) + 1);
        }
    }
    (void)printf("' ;;\n");
}

static void print_first_words(void)
{
    (void)printf("    ' ') options='--help --version' words='");
    for (size_t i = 0; sym_command_at(i) != NULL; i++) {
        if (starts_group(i)) {
            (void)printf("%.*s ", (int)first_word(sym_command_at(i)), sym_command_at(i)->name);
        }
    }
    (void)printf("' ;;\n");
}

/* Options whose next word is their value, of all commands. */
static void print_options_with_value(void)
{
    struct sym_args seen = {0};
    (void)printf("        --dir");
    for (size_t i = 0; sym_command_at(i) != NULL; i++) {
        struct sym_args all = {0};
        sym_command_options(&all, sym_command_at(i));
        for (size_t k = 0; k < all.n_known; k++) {
            bool again = false;
            for (size_t s = 0; s < seen.n_known; s++) {
                again = again || strcmp(seen.known[s]->name, all.known[k]->name) == 0;
            }
            if (again || all.known[k]->argument == NULL || seen.n_known == SYM_OPTIONS_MAX) {
                continue;
            }
            seen.known[seen.n_known++] = all.known[k];
            (void)printf("|--%s", all.known[k]->name);
        }
    }
}

static enum sym_exit run(const struct sym_call *call)
{
    if (strcmp(call->args.operands[0], "bash") != 0) {
        return sym_command_usage(call, "\"%s\": only bash is known", call->args.operands[0]);
    }
    (void)fputs(head, stdout);
    print_options_with_value();
    (void)fputs(after_values, stdout);
    print_first_words();
    for (size_t i = 0; sym_command_at(i) != NULL; i++) {
        if (starts_group(i) && strchr(sym_command_at(i)->name, ' ') != NULL) {
            print_group(sym_command_at(i));
        }
    }
    for (size_t i = 0; sym_command_at(i) != NULL; i++) {
        print_command(sym_command_at(i));
    }
    (void)fputs(tail, stdout);
    return SYM_EXIT_DONE;
}

const struct sym_command sym_cmd_completion = {
    .name = "completion",
    .summary = "print a script that completes this program's commands in bash",
    .usage = {"bash"},
    .example = "completion bash > /etc/bash_completion.d/symbolon",
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
