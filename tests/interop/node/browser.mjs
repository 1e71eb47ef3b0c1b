// A person's browser: keeps cookies, goes where it is sent, fills in the log-in form.

const MOST_STEPS = 12;

export class Browser {
  #cookies = new Map();

  /** Go to a URL, log in as `username` where a form asks for it, and return the URL at `until` that this ends at. */
  async visit(url, { username, until }) {
    let form;
    for (let step = 0; step < MOST_STEPS; step += 1) {
      if (until && url.startsWith(until)) return new URL(url);
      const answer = await this.#ask(url, form);
      const location = answer.headers.get('location');
      const page = await answer.text();
      if (!location && !page.includes('<form')) return new URL(url);
      form = location ? undefined : filled(page, username);
      url = new URL(location ?? attribute(page.match(/<form[^>]*>/i)[0], 'action') ?? url, url).href;
    }
    throw new Error(`${url} is still not ${until}`);
  }

  async #ask(url, form) {
    const cookie = [...this.#cookies].map((pair) => pair.join('=')).join('; ');
    const posting = form && { method: 'POST', body: form };
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie }, ...posting });
    for (const set of answer.headers.getSetCookie()) {
      const [, name, value] = set.match(/^([^=]+)=([^;]*)/);
      this.#cookies.set(name, value);
    }
    return answer;
  }
}

function filled(page, username) {
  const hidden = page.match(/<input[^>]*type="hidden"[^>]*>/gi) ?? [];
  const fields = hidden.map((input) => [attribute(input, 'name'), attribute(input, 'value') ?? '']);
  return new URLSearchParams([...fields, ['username', username]]);
}

function attribute(tag, name) {
  const found = tag.match(new RegExp(`\\s${name}="([^"]*)"`, 'i'))?.[1];
  return found?.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(code)).replace(/&(lt|gt|quot|amp);/g, named);
}

function named(_, name) {
  return { lt: '<', gt: '>', quot: '"', amp: '&' }[name];
}
