import { expect, test } from "vitest";
import { eventMarks, fillMarks } from "./EquityPanel";

test("fills of one minute and side are one mark, in order of time", () => {
  const fill = (at: string, side: string) => ({ at: `2013-10-07T14:${at}Z`, side, symbol: "SPY" });
  const marks = fillMarks([
    fill("32:40", "sell"),
    fill("31:10", "buy"),
    fill("31:50", "buy"),
    fill("31:20", "sell"),
  ]);
  expect(marks.map((mark) => [mark.time % 3600, mark.kind])).toEqual([
    [31 * 60, "buy"],
    [31 * 60, "sell"],
    [32 * 60, "sell"],
  ]);
});

test("a halt is an alarm, a start and a deploy are notes, and a deploy names its version", () => {
  const at = "2013-10-07T14:30:00Z";
  const marks = eventMarks([
    { at, kind: "halt", text: "account HALTED" },
    { at, kind: "start", text: "container 0123456789abcdef" },
    { at, kind: "deploy", text: "deploy 0123456789abcdef" },
  ]);
  expect(marks.map((mark) => [mark.kind, mark.text])).toEqual([
    ["alarm", "halt"],
    ["note", "start"],
    ["note", "deploy 0123456"],
  ]);
});
