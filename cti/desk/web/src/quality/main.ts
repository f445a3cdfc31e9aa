import { start } from "../lib/start";
import Quality from "./Quality.svelte";

await start(Quality, "supervisor", "admin", "auditor", "agent");
