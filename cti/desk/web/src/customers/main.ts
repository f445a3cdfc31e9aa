import { start } from "../lib/start";
import Customers from "./Customers.svelte";

await start(Customers, "agent", "supervisor", "admin");
