import { expect, test } from "vitest";
import { date, day, minute, time, timeOrDay, zone } from "./time";

test("summer and winter are New York's, not the browser's", () => {
  expect(time("2013-10-07T13:30:00Z")).toBe("09:30:00");
  expect(zone("2013-10-07T13:30:00Z")).toBe("EDT");
  expect(time("2013-12-02T14:30:00Z")).toBe("09:30:00");
  expect(zone("2013-12-02T14:30:00Z")).toBe("EST");
});

test("the hour after midnight is 00", () => {
  expect(time("2013-10-08T04:00:05+00:00")).toBe("00:00:05");
});

test("the day is New York's, too", () => {
  expect(date("2013-10-08T03:59:59Z")).toBe("Mon, Oct 07, 2013");
  expect(day("2013-10-08T03:59:59Z")).toBe("Oct 07");
  expect(minute(Date.parse("2013-10-08T03:59:59Z"))).toBe("23:59");
});

test("an earlier day is named", () => {
  expect(timeOrDay("2013-10-07T14:30:00Z", "Oct 07")).toBe("10:30:00");
  expect(timeOrDay("2013-10-04T19:59:00Z", "Oct 07")).toBe("Oct 04 15:59:00");
});
