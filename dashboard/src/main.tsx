// The page starts here: a key in the address is exchanged first, then everything is drawn.
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { logIn } from "./api/cdp/login";
import { takeKeyFromAddress } from "./api/login";
import { createQueries } from "./api/queries";
import { router } from "./router";
import "./style/base.css";

const key = takeKeyFromAddress();
if (key !== null) {
  // A refused key leads to the login form, which says why the next one is refused.
  await logIn(key).catch(() => {});
}
const place = document.getElementById("root");
if (place !== null)
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={createQueries()}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
