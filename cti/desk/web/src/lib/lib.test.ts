import { afterEach, describe, expect, test, vi } from "vitest";

import { en, zh } from "../i18n/words";
import { ApiError, api } from "./api";
import { choose, i18n, t } from "./i18n.svelte";
import { shortcuts } from "./shortcuts.svelte";
import { duration, roughly } from "./time.svelte";
import { attempt, toasts } from "./toasts.svelte";

afterEach(() => {
  vi.unstubAllGlobals();
  i18n.set("en");
});

describe("words", () => {
  const gaps = (words: string) => [...words.matchAll(/\{\w+\}/g)].map(String).sort();

  test.each(Object.keys(en) as (keyof typeof en)[])("%s has the same gaps in both languages", (key) => {
    expect(gaps(zh[key])).toEqual(gaps(en[key]));
  });

  test("are in the chosen language, else the browser's first that there is, else English", () => {
    expect(choose("zh", ["en"])).toBe("zh");
    expect(choose(null, ["fr-FR", "zh-TW", "en"])).toBe("zh");
    expect(choose("tlh", ["fr"])).toBe("en");
    expect(choose("toString", [])).toBe("en");
  });

  test("change with the language, and take what is given", () => {
    expect(t("time.about", { minutes: 4 })).toBe("4 min");
    i18n.set("zh");
    expect(t("time.about", { minutes: 4 })).toBe("4 分钟");
  });

  test("given ones are not read for gaps again", () => {
    expect(t("agent.phoneNow", { phone: "{phone} $&" })).toBe("Your calls now ring at {phone} $&.");
  });
});

describe("the API", () => {
  const answers = (status: number, body: unknown) =>
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(body === undefined ? null : JSON.stringify(body), { status })));

  test("gives the JSON, or nothing for an empty answer", async () => {
    answers(200, { name: "ann" });
    expect(await api("GET", "/api/me")).toEqual({ name: "ann" });
    answers(204, undefined);
    expect(await api("POST", "/api/logout")).toBeUndefined();
  });

  test("a refusal is in the server's words", async () => {
    answers(409, { error: "no agent is on this call" });
    await expect(api("GET", "/x")).rejects.toThrow("no agent is on this call");
    answers(422, { error: "not as it should be", problems: [{ where: "body.name", what: "too long" }] });
    const error = await api("GET", "/x").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 422, problems: [{ where: "body.name", what: "too long" }] });
  });

  test("a server that fails or is away is told in the user's language", async () => {
    i18n.set("zh");
    answers(500, { error: "Internal Server Error" });
    await expect(api("GET", "/x")).rejects.toThrow("服务器未能完成此操作");
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    await expect(api("GET", "/x")).rejects.toThrow("无法连接服务器");
  });

  test("who is logged out is taken to the login page", async () => {
    const assign = vi.fn();
    vi.stubGlobal("location", { assign });
    answers(401, { error: "log in first" });
    await expect(api("GET", "/x")).rejects.toThrow();
    expect(assign).toHaveBeenCalledWith("/login.html");
    await expect(api("POST", "/api/login", {})).rejects.toThrow();
    expect(assign).toHaveBeenCalledTimes(1);
  });

  test("what went wrong stays on the page once, however often it did", async () => {
    const fails = () => attempt(() => Promise.reject(new Error("no")));
    await fails();
    await fails();
    expect(toasts.map(({ text, bad }) => [text, bad])).toEqual([["no", true]]);
  });
});

describe("time", () => {
  test.each([
    [0, "0:00"], [59.9, "0:59"], [60, "1:00"], [3_723, "1:02:03"], [-5, "0:00"], [null, "–"],
  ])("%s s is %s", (seconds, shown) => {
    expect(duration(seconds)).toBe(shown);
  });

  test("a wait is rounded as people say it", () => {
    expect([roughly(20), roughly(100), roughly(null)]).toEqual(["under 1 min", "2 min", "not known"]);
  });
});

describe("shortcuts", () => {
  const press = (key: string, more: object = {}) => {
    const event = { key, target: null, preventDefault: vi.fn(), ...more };
    shortcuts.press(event as unknown as KeyboardEvent);
  };

  test("run while they are there, switched on, and pressed alone", () => {
    vi.stubGlobal("Element", class {});
    const run = vi.fn();
    let may = true;
    const remove = shortcuts.add({ key: "r", label: "Ready", run, when: () => may });
    press("r");
    expect(run).toHaveBeenCalledTimes(1);
    for (const more of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { repeat: true }, { isComposing: true }]) {
      press("r", more);
    }
    may = false;
    press("r");
    may = true;
    shortcuts.switch(false);
    press("r");
    shortcuts.switch(true);
    remove();
    press("r");
    expect(run).toHaveBeenCalledTimes(1);
  });
});
