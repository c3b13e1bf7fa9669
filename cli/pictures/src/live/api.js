// Talks to the local server. The token came in the fragment of the address, which browsers send to nobody; it is
// exchanged once for a session, which this tab keeps and which goes along as a header, never as a cookie.

const KEPT = 'symbolon-session';

/** What the server refused, in a line for the person; status 0: it is not there any more. */
export class Refusal extends Error {
  constructor(status, why) {
    super(why);
    this.status = status;
  }
}

/** Takes the token out of the address, so that it stays neither there nor in the history. */
function takeToken() {
  const found = /^#([0-9a-f]{64})$/.exec(location.hash);
  if (!found) return null;
  history.replaceState(null, '', location.pathname);
  return found[1];
}

async function whyOf(answer) {
  try {
    return (await answer.json()).error;
  } catch {
    return `HTTP ${answer.status}`;
  }
}

/** onGone() is called once, when the server does not answer any more. */
export function makeApi(onGone) {
  let session = null;
  let gone = false;

  async function ask(method, path, body, bearer = session) {
    if (gone) throw new Refusal(0, '');
    let answer;
    try {
      answer = await fetch(path, {
        method, body, cache: 'no-store', credentials: 'omit', redirect: 'error',
        headers: { Authorization: `Bearer ${bearer}` },
      });
    } catch {
      // Somebody else may listen on this port next: whoever that is hears nothing from this tab.
      gone = true;
      session = null;
      sessionStorage.removeItem(KEPT);
      onGone();
      throw new Refusal(0, '');
    }
    if (!answer.ok) throw new Refusal(answer.status, await whyOf(answer));
    return answer;
  }

  return {
    /** True when this tab is let in: with the token of a new address, or with the session it has. */
    async enter() {
      const token = takeToken();
      if (token) {
        const given = await ask('POST', '/session', undefined, token);
        session = await given.text();
        sessionStorage.setItem(KEPT, session);
      } else {
        session = sessionStorage.getItem(KEPT);
      }
      return session !== null;
    },
    get: async (path) => (await ask('GET', `/api/${path}`)).json(),
    post: async (path, body = '') => (await ask('POST', `/api/${path}`, body)).json(),
    isGone: () => gone,
  };
}
