// Before Node 24, fetch knows no proxy of the environment.
import { createRequire } from "node:module";

const { EnvHttpProxyAgent, setGlobalDispatcher } = createRequire(`${process.env.NODE_LIBRARIES}/`)("undici");
setGlobalDispatcher(new EnvHttpProxyAgent());
