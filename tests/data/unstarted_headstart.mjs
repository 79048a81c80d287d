// Headstart whose wasm does not start.

import "./refusing_start.mjs";

export { default, Learner, Ledger } from "../../src/edge/worker.mjs";
