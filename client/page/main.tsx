// The page: puts its components where index.html has a place for them.
import { createRoot } from "react-dom/client";

function Page() {
  return <h1>Parlor</h1>;
}

createRoot(document.getElementById("page") as HTMLElement).render(<Page />);
