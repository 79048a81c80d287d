// Has no wasm start that comes after this.

import { refuseStart } from "./failing_wasm.mjs";

refuseStart(true);
