// Lets fetch and node:https obey HTTPS_PROXY and NO_PROXY. Node 24 does so itself by NODE_USE_ENV_PROXY, but for agents
// that a program makes. Loaded by NODE_OPTIONS=--require; needs no package, and leaves plain http alone.
"use strict";

const [major, minor] = process.versions.node.split(".").map(Number);
const isFetchLed = major >= 24 || (major === 22 && minor >= 21);
const proxy = proxyOf(process.env.HTTPS_PROXY || process.env.https_proxy);
const exempt = (process.env.NO_PROXY || process.env.no_proxy || "").toLowerCase().split(/[\s,]+/).filter(Boolean);

if (proxy) {
  lead(require("https"));
  if (!isFetchLed && "fetch" in globalThis) leadFetch();
}

function proxyOf(url) {
  try {
    const found = new URL(url);
    return found.protocol === "http:" ? found : null;
  } catch {
    return null; // none, or one that nobody can use
  }
}

function isExempt(host, port) {
  return exempt.some((rule) => {
    if (rule === "*" || rule === host) return true;
    const [, name, only] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(rule);
    return (!only || Number(only) === Number(port)) && (host === name || host.endsWith(`.${name}`));
  });
}

function bare(host) {
  return String(host).toLowerCase().replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

// Gives a socket that leads to a host, or the error that explains why there is none.
function tunnel(host, port, done) {
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const headers = { Host: authority };
  if (proxy.username) {
    const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    headers["Proxy-Authorization"] = `Basic ${Buffer.from(user).toString("base64")}`;
  }
  const at = { host: bare(proxy.hostname), port: proxy.port || 80 };
  const asked = require("http").request({ ...at, method: "CONNECT", path: authority, headers, agent: false });
  asked.once("error", done);
  asked.once("connect", (answer, socket) => {
    if (answer.statusCode === 200) return done(null, socket);
    socket.destroy();
    done(new Error(`${authority}: the proxy ${proxy.host} answered ${answer.statusCode} ${answer.statusMessage}`));
  });
  asked.end();
}

// Every agent of node:https opens its connections by this method.
function lead(https) {
  const direct = https.Agent.prototype.createConnection;
  https.Agent.prototype.createConnection = function (options, done) {
    const host = bare(options && options.host);
    const isLed = typeof done !== "function" || options.socket || options.socketPath || (this.options || {}).proxyEnv;
    if (isLed || isExempt(host, options.port)) {
      return direct.apply(this, arguments);
    }
    tunnel(host, options.port, (failure, socket) => {
      if (failure) return done(failure);
      done(null, direct.call(this, { ...options, socket }));
    });
  };
}

// fetch asks the dispatcher that undici keeps under this symbol, the undici of a package, too.
function leadFetch() {
  void globalThis.Request; // loads the undici that Node brings
  const dispatcher = globalThis[Symbol.for("undici.globalDispatcher.1")];
  if (!dispatcher) return;
  const direct = dispatcher.dispatch;
  const through = new dispatcher.constructor({ connect });
  dispatcher.dispatch = function (options, handler) {
    const { protocol, hostname, port } = new URL(options.origin);
    const isDirect = protocol !== "https:" || isExempt(bare(hostname), port || 443);
    return isDirect ? direct.call(this, options, handler) : through.dispatch(options, handler);
  };
}

function connect({ hostname, port, servername }, callback) {
  const host = bare(hostname);
  let done = (...result) => {
    done = () => {};
    callback(...result);
  };
  tunnel(host, port || 443, (failure, socket) => {
    if (failure) return done(failure, null);
    const name = servername || (require("net").isIP(host) ? "" : host);
    const secured = require("tls").connect({ socket, servername: name, ALPNProtocols: ["http/1.1"] });
    secured.once("secureConnect", () => done(null, secured));
    secured.on("error", (reason) => done(reason, null));
  });
}
