import { svelte } from "@sveltejs/vite-plugin-svelte";
import { readdirSync } from "node:fs";
import { defineConfig } from "vitest/config";

const root = import.meta.dirname;
const server = "http://127.0.0.1:8080"; // where `make run` serves

export default defineConfig({
  root,
  plugins: [svelte()],
  build: {
    outDir: "../static",
    emptyOutDir: true,
    // What browsers have since 2024: light-dark() and CSS nesting stay as they are written.
    target: ["chrome123", "edge123", "firefox128", "safari17.5"],
    assetsInlineLimit: 0, // The content policy allows no data: addresses.
    modulePreload: { polyfill: false },
    rolldownOptions: { input: readdirSync(root).filter((name) => name.endsWith(".html")) },
  },
  server: { proxy: { "/api": server, "/ws": { target: server, ws: true } } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
