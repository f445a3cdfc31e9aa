import { start } from "../lib/start";
import Agent from "./Agent.svelte";

await start(Agent, "agent");
