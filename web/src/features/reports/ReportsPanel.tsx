import type { ReportRow } from "../../api/messages";
import { Empty, Panel } from "../../components/Panel";
import { localPath } from "./localPath";

interface Props {
  readonly reports: readonly ReportRow[];
  readonly className?: string;
}

interface LinkProps {
  readonly href: string;
  readonly label: string;
  readonly children: string;
}

function ReportLink({ href, label, children }: LinkProps) {
  const path = localPath(href);
  if (path === null) return <span className="text-dim">no {children}</span>;
  return (
    <a
      href={path}
      target="_blank"
      rel="noopener noreferrer"
      aria-label={label}
      className="underline hover:text-amber"
    >
      {children}
    </a>
  );
}

export function ReportsPanel({ reports, className = "" }: Props) {
  return (
    <Panel title="Reports" note={`${reports.length}`} className={className}>
      {reports.length === 0 ? (
        <Empty>The first report comes after the close.</Empty>
      ) : (
        <ul>
          {reports.map((report) => (
            <li key={report.day} className="flex gap-3 border-b border-line/60 px-2 py-0.5">
              <span className="flex-1">{report.day}</span>
              <ReportLink href={report.html} label={`Report of ${report.day}`}>
                open
              </ReportLink>
              <ReportLink href={report.json} label={`Report of ${report.day} as JSON`}>
                JSON
              </ReportLink>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
