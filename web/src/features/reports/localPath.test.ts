import { expect, test } from "vitest";
import { localPath } from "./localPath";

const ORIGIN = "http://127.0.0.1:8000";

test("a path of this server is a link", () => {
  expect(localPath("/api/reports/2013-10-07.html", ORIGIN)).toBe("/api/reports/2013-10-07.html");
});

test.each(["", "javascript:alert(1)", "//evil.example/x", "/\\evil.example", "http://x/", "a.html"])(
  "%s is not",
  (href) => {
    expect(localPath(href, ORIGIN)).toBeNull();
  },
);
