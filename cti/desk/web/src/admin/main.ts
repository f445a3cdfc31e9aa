import { start } from "../lib/start";
import Admin from "./Admin.svelte";

await start(Admin, "admin", "auditor", "system");
