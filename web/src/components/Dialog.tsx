import { useEffect, useId, useRef, type ReactNode } from "react";

interface Props {
  readonly title: string;
  readonly open: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A modal box of the browser's own: focus stays inside and Escape closes it. */
export function Dialog({ title, open, onClose, children }: Props) {
  const id = useId();
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) ref.current?.showModal();
    else ref.current?.close();
  }, [open]);
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onClose={onClose}
      className="m-auto w-[min(36rem,calc(100vw-1.5rem))] border border-edge bg-panel p-4 text-text"
    >
      <h2 id={id} className="mb-3 text-base font-semibold text-amber">
        {title}
      </h2>
      {open && children}
    </dialog>
  );
}
