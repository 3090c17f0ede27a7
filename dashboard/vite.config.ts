// The build: one page, lazy routes, hashed names below /dashboard/assets, a manifest for the sizes.
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "/dashboard/",
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2022",
    manifest: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    // Small modules that most views need are packed together: one file compresses better than forty.
    rolldownOptions: {
      // A module of hooks does nothing until one is called: it is loaded with the views that do.
      treeshake: { moduleSideEffects: (id: string) => !/src\/api\/cdp\b/.test(id) },
      output: {
        codeSplitting: { groups: [{ name: "shared", test: /src\/(ui|lib)\//, minShareCount: 8 }] },
      },
    },
  },
  server: {
    proxy: {
      "/cdp": process.env.STRATUM_URL ?? "http://127.0.0.1:8080",
      "/v1": process.env.STRATUM_URL ?? "http://127.0.0.1:8080",
    },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
