import { start } from "../lib/start";
import Console from "./Console.svelte";

await start(Console, "supervisor", "admin");
