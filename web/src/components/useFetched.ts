import { useEffect, useRef, useState } from "react";

export type Fetched<T> =
  | { readonly state: "loading" }
  | { readonly state: "failed" }
  | { readonly state: "there"; readonly value: T };

/**
 * What `fetch` answers, asked again every `everyMs`, but not while `stamp` (if there is one) is what
 * it was at the last good answer. That answer stays while later ones fail. `fetch` must keep its
 * identity for as long as it asks for the same thing.
 */
export function useFetched<T>(fetch: () => Promise<T>, everyMs: number, stamp?: number): Fetched<T> {
  const newest = useRef(stamp);
  useEffect(() => {
    newest.current = stamp;
  }, [stamp]);
  const [fetched, setFetched] = useState<{ by: () => Promise<T>; it: Fetched<T> } | null>(null);
  useEffect(() => {
    let isOver = false;
    let known: number | undefined;
    const ask = () => {
      const asked = newest.current;
      if (document.hidden || (asked !== undefined && asked === known)) return;
      fetch().then(
        (value) => {
          if (isOver) return;
          known = asked;
          setFetched({ by: fetch, it: { state: "there", value } });
        },
        () => {
          if (isOver) return;
          setFetched((before) => (before?.by === fetch ? before : { by: fetch, it: { state: "failed" } }));
        },
      );
    };
    ask();
    const timer = setInterval(ask, everyMs);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [fetch, everyMs]);
  return fetched !== null && fetched.by === fetch ? fetched.it : { state: "loading" };
}
