// Before Node 24, neither fetch nor node:https knows a proxy of the environment.
import { createRequire } from "node:module";

const library = createRequire(`${process.env.NODE_LIBRARIES}/`);
const { EnvHttpProxyAgent, setGlobalDispatcher } = library("undici");
const { bootstrap } = library("global-agent");
setGlobalDispatcher(new EnvHttpProxyAgent());
process.env.GLOBAL_AGENT_HTTPS_PROXY = process.env.HTTPS_PROXY;
process.env.GLOBAL_AGENT_NO_PROXY = process.env.NO_PROXY;
bootstrap();
