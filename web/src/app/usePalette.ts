import { useCallback, useEffect, useState } from "react";

export type Palette = "standard" | "colour-blind";

const PLACE = "quantterminal.palette";

/** A taste, no secret: it may stay in the browser. Where it may not, it lasts as long as the page. */
function remembered(): Palette {
  try {
    return localStorage.getItem(PLACE) === "colour-blind" ? "colour-blind" : "standard";
  } catch {
    return "standard";
  }
}

function remember(palette: Palette): void {
  try {
    localStorage.setItem(PLACE, palette);
  } catch {
    // the browser keeps nothing for us
  }
}

export function usePalette(): readonly [Palette, () => void] {
  const [palette, setPalette] = useState<Palette>(remembered);
  useEffect(() => {
    document.documentElement.dataset["palette"] = palette;
    remember(palette);
  }, [palette]);
  const turn = useCallback(
    () => setPalette((was) => (was === "standard" ? "colour-blind" : "standard")),
    [],
  );
  return [palette, turn];
}
