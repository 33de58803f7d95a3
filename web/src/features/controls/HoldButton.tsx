import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";

export const HOLD_MS = 1500;

interface Props {
  readonly disabled: boolean;
  readonly className: string;
  readonly onHeld: () => void;
  readonly children: ReactNode;
}

/** A button that acts once after it was held; letting go, leaving it or losing focus calls it off. */
export function HoldButton({ disabled, className, onHeld, children }: Props) {
  const [holding, setHolding] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const release = useCallback(() => {
    clearTimeout(timer.current);
    setHolding(false);
  }, []);
  useEffect(() => release, [release]);

  const press = () => {
    if (disabled) return;
    clearTimeout(timer.current);
    setHolding(true);
    timer.current = setTimeout(() => {
      setHolding(false);
      onHeld();
    }, HOLD_MS);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) press();
  };
  return (
    <button
      type="button"
      data-key="flatten"
      title="Closes every position; press and hold for 1.5 s (Shift+F, then hold Space)"
      disabled={disabled}
      className={`relative touch-none overflow-hidden select-none ${holding ? "holding" : ""} ${className}`}
      onPointerDown={(event) => event.button === 0 && press()}
      onPointerUp={release}
      onPointerLeave={release}
      onPointerCancel={release}
      onKeyDown={onKeyDown}
      onKeyUp={release}
      onBlur={release}
      onContextMenu={(event) => event.preventDefault()}
    >
      <span aria-hidden="true" className="hold-fill absolute inset-0 bg-live" />
      <span className="relative">{holding ? "Keep holding…" : children}</span>
    </button>
  );
}
