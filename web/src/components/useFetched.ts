import { useEffect, useState } from "react";

export type Fetched<T> =
  | { readonly state: "loading" }
  | { readonly state: "failed" }
  | { readonly state: "there"; readonly value: T };

/**
 * What `fetch` answers, asked again every `everyMs`. The last good answer stays while later ones
 * fail. `fetch` must keep its identity for as long as it asks for the same thing.
 */
export function useFetched<T>(fetch: () => Promise<T>, everyMs: number): Fetched<T> {
  const [fetched, setFetched] = useState<{ by: () => Promise<T>; it: Fetched<T> } | null>(null);
  useEffect(() => {
    let isOver = false;
    const ask = () => {
      if (document.hidden) return;
      fetch().then(
        (value) => {
          if (!isOver) setFetched({ by: fetch, it: { state: "there", value } });
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
