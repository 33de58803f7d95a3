/** Decimal strings to text. Intl formats strings exactly, so no amount ever passes through a float. */

export const NONE = "–";
const MINUS = "\u2212";
const DECIMAL = /^[+-]?\d+(\.\d*)?(e[+-]?\d+)?$/i;

export type Direction = "up" | "down" | "flat";

type Options = Intl.NumberFormatOptions;

const MONEY: Options = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
const WHOLE_MONEY: Options = { maximumFractionDigits: 0 };
const PRICE: Options = { minimumFractionDigits: 2, maximumFractionDigits: 4 };
const PERCENT: Options = { ...MONEY, style: "percent" };
const QUANTITY: Options = { maximumFractionDigits: 6 };
const SIGNED: Options = { signDisplay: "exceptZero" };

function formatter(options: Options): (value: string) => string {
  const format = new Intl.NumberFormat("en-US", { signDisplay: "negative", ...options });
  return (value) => {
    if (value === "") return NONE;
    // what is not a decimal is shown as it came: hiding it would be worse
    if (!DECIMAL.test(value)) return value;
    return format.format(value as `${number}`).replace("-", MINUS);
  };
}

/** Dollars and cents: `100,123.46`. */
export const money = formatter(MONEY);
/** Dollars without cents, for scales and narrow places: `100,123`. */
export const wholeMoney = formatter(WHOLE_MONEY);
/** Dollars and cents with the sign always shown: `+12.30`. */
export const signedMoney = formatter({ ...MONEY, ...SIGNED });
/** A price a share, two to four decimals: `181.25`. */
export const price = formatter(PRICE);
/** An average price, always four decimals so that columns line up: `181.3312`. */
export const average = formatter({ minimumFractionDigits: 4, maximumFractionDigits: 4 });
/** A fraction as percent: `0.0123` is `1.23%`. */
export const percent = formatter(PERCENT);
export const signedPercent = formatter({ ...PERCENT, ...SIGNED });
/** Shares: `1,200`. */
export const quantity = formatter(QUANTITY);

/** A ratio with two decimals: `1.85`. */
export const ratio = formatter(MONEY);
/** Basis points, positive where they cost money: `+1.2`. */
export const bps = formatter({ minimumFractionDigits: 1, maximumFractionDigits: 1, ...SIGNED });

const count = new Intl.NumberFormat("en-US");

/** A number of things: `12,345`. */
export function counted(value: number): string {
  return count.format(value);
}

/** Which way an amount points, from its digits. */
export function direction(value: string): Direction {
  if (!DECIMAL.test(value) || !/[1-9]/.test(value.replace(/e.*$/i, ""))) return "flat";
  return value.startsWith("-") ? "down" : "up";
}

/** Milliseconds: `8.4 ms`, `212 ms`, `3.10 s`. */
export function latency(ms: number | null): string {
  if (ms === null) return NONE;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** An age in seconds: `8 s`, `2 m 05 s`, `3 h 07 m`. */
export function age(seconds: number | null): string {
  if (seconds === null) return NONE;
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} m`;
}
