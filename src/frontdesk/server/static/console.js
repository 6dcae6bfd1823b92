// The console works with links and forms alone; these make it quicker. Each part finds its own elements by data- names.
import { startConfirming, startDialogs } from "./console/dialogs.js";
import { startCopying } from "./console/copying.js";
import { startEarly } from "./console/early.js";
import { startKeys } from "./console/keys.js";
import { startLive } from "./console/live.js";
import { startPalette } from "./console/palette.js";
import { startTimes } from "./console/times.js";
import { startToasts } from "./console/toasts.js";

startToasts();
startTimes();
startCopying();
startDialogs();
startConfirming();
startPalette();
startEarly();
startKeys();
startLive();
