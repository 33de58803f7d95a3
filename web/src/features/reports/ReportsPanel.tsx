import { memo } from "react";
import { getReport, getReports } from "../../api/rest";
import { signIn } from "../../api/signIn";
import { Empty, Panel } from "../../components/Panel";
import { useFetched } from "../../components/useFetched";
import { localPath } from "./localPath";

const AGAIN_MS = 60_000;

interface LinkProps {
  readonly href: string;
  readonly label: string;
  readonly children: string;
}

/** A link alone carries no sign-in: where one is needed the report is fetched and saved. */
async function save(path: string): Promise<void> {
  const address = URL.createObjectURL(await getReport(path));
  const link = document.createElement("a");
  link.href = address;
  link.download = path.split("/").at(-1) ?? "report";
  link.click();
  URL.revokeObjectURL(address);
}

function ReportLink({ href, label, children }: LinkProps) {
  const path = localPath(href);
  if (path === null) return <span className="text-dim">{children} –</span>;
  return (
    <a
      href={path}
      target="_blank"
      rel="noopener noreferrer"
      aria-label={label}
      className="underline hover:text-amber"
      onClick={(event) => {
        if (!signIn.isNeeded) return;
        event.preventDefault();
        void save(path);
      }}
    >
      {children}
    </a>
  );
}

export const ReportsPanel = memo(function ReportsPanel({ className = "" }: { className?: string }) {
  const fetched = useFetched(getReports, AGAIN_MS);
  const reports = fetched.state === "there" ? fetched.value.reports : [];
  return (
    <Panel title="Reports" digit={9} note={`${reports.length}`} className={className}>
      {fetched.state === "loading" && <Empty>Asking for the list…</Empty>}
      {fetched.state === "failed" && <Empty>No answer: the list will be asked for again.</Empty>}
      {fetched.state === "there" && reports.length === 0 && (
        <Empty>The first report comes after the close.</Empty>
      )}
      <ul>
        {reports.map((report) => (
          <li key={report.day} className="flex justify-between gap-2 whitespace-nowrap border-b border-line/60 px-2 py-0.5">
            <ReportLink href={report.html} label={`Report of ${report.day}`}>
              {report.day}
            </ReportLink>
            <ReportLink href={report.json} label={`Report of ${report.day} as JSON`}>
              JSON
            </ReportLink>
          </li>
        ))}
      </ul>
    </Panel>
  );
});
