import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { zh } from "../i18n/reasons";
import { i18n } from "./i18n.svelte";
import { reason } from "./reasons";

describe("why the server refused something", () => {
  beforeEach(() => i18n.set("zh"));
  afterEach(() => i18n.set("en"));

  test.each([
    ["the caller is on hold already", "来电者已处于保持状态"],
    ["the agent bob is talking", "坐席 bob 的状态是通话中"],
    ["talking can't follow ready", "“就绪”之后不能变为“通话中”"],
    ["the wrap-up of bob lasts until the disposition is given", "bob 的话后处理将持续到填写处理结果为止"],
    ["the cards cannot be merged: together they have more than 20 numbers", "名片不能合并：合并后号码超过 20 个"],
    ["nobody of A (b) is ready", "A (b) 没有就绪的坐席"],
    ["something of a newer server", "something of a newer server"],
  ])("%s", (said, words) => expect(reason(said)).toBe(words));

  test("is as it was said in English", () => {
    i18n.set("en");
    expect(reason("the caller is on hold already")).toBe("the caller is on hold already");
  });

  test.each(Object.entries(zh))("%s: nothing that is filled in is lost", (said, words) => {
    const gaps = said.split("{}").length - 1;
    const shown = [...words.matchAll(/\{(\d)\}/g)].map(([, at]) => Number(at)).sort();
    expect(shown).toEqual(Array.from({ length: gaps }, (_, at) => at + 1));
  });
});
