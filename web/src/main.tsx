import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { browserWires, LiveClient } from "./api/live";
import { App } from "./app/App";
import "./app.css";

const root = document.getElementById("root");
if (root === null) throw new Error("Expected an element with id root in index.html");

const client = new LiveClient(browserWires());
client.start();
createRoot(root).render(
  <StrictMode>
    <App client={client} />
  </StrictMode>,
);
