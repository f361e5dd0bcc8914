// The page: puts its components where index.html has a place for them.
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { applyTheme } from "./theme.ts";

applyTheme();
createRoot(document.getElementById("page") as HTMLElement).render(<App />);
