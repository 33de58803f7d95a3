/** The one place where an instant becomes text: New York time, wherever the browser is. */

const ZONE = "America/New_York";

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", { timeZone: ZONE, hourCycle: "h23", ...options });
}

const TIME = formatter({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const MINUTE = formatter({ hour: "2-digit", minute: "2-digit" });
const DATE = formatter({ weekday: "short", year: "numeric", month: "short", day: "2-digit" });
const DAY = formatter({ month: "short", day: "2-digit" });
const NAME = formatter({ timeZoneName: "short" });

export type When = string | number | Date;

function toDate(when: When): Date {
  return new Date(when);
}

/** `10:31:04` */
export function time(when: When): string {
  return TIME.format(toDate(when));
}

/** `10:31` */
export function minute(when: When): string {
  return MINUTE.format(toDate(when));
}

/** `Mon, Oct 07, 2013` */
export function date(when: When): string {
  return DATE.format(toDate(when));
}

/** `Oct 07` */
export function day(when: When): string {
  return DAY.format(toDate(when));
}

/** `EDT` or `EST`, as it was at that instant. */
export function zone(when: When): string {
  return NAME.formatToParts(toDate(when)).find((part) => part.type === "timeZoneName")?.value ?? "ET";
}

/** The time, with the day before it where that is not `today`, as `day` tells it: `Oct 04 15:59:00`. */
export function timeOrDay(when: When, today: string): string {
  const on = day(when);
  return on === today ? time(when) : `${on} ${time(when)}`;
}
