import { start } from "../lib/start";
import Shared from "./Shared.svelte";

await start(Shared, "agent", "supervisor", "auditor", "admin");
