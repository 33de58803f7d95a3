import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { browserWires, LiveClient } from "./api/live";
import { signIn } from "./api/signIn";
import { App } from "./app/App";
import { Refused } from "./app/Waiting";
import "./app.css";

const place = document.getElementById("root");
if (place === null) throw new Error("Expected an element with id root in index.html");
const root = createRoot(place);

function show(): void {
  const client = new LiveClient(browserWires());
  client.start();
  root.render(
    <StrictMode>
      <App client={client} />
    </StrictMode>,
  );
}

signIn.begin().then(
  (mayGoOn) => {
    if (mayGoOn) show();
  },
  (error: unknown) => {
    root.render(<Refused problem={error instanceof Error ? error.message : String(error)} />);
  },
);
