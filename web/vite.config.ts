import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => {
  // `npm run dev` shows the run at QT_URL; a build never reads it.
  const target = loadEnv(mode, ".", "QT_")["QT_URL"];
  return {
    plugins: [react(), tailwindcss()],
    build: {
      // A data: URL would need a hole in the content security policy.
      assetsInlineLimit: 0,
      // Its polyfill would be the page's only inline script.
      modulePreload: { polyfill: false },
    },
    // a worker a file would spend its time on starting
    test: { isolate: false },
    server: target === undefined ? {} : { proxy: { "/api": { target }, "/live": { target, ws: true } } },
  };
});
