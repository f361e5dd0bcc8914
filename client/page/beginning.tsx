// What a conversation shows before anything is said in it.
import { useContext } from "react";
import type { TalkInReact } from "../react.ts";
import { BesideContext } from "./passage.ts";

type Words = { readonly heading: string; readonly text: string; readonly openings: readonly string[] };

const ofRoom: Words = {
  heading: "A room with an assistant",
  text:
    "Everyone who has the link to this page is in this room, sees the same words as they are made, and may stop them. " +
    "A reload loses nothing.",
  openings: ["What can I do here?", "Show me a table", "Write a little code", "Make a list of ideas"],
};

const ofDocument: Words = {
  heading: "Talk about the document",
  text:
    "The assistant reads the document, and answers here. To have it write there, use what is below the document. " +
    "Anyone may stop it, and take back what it wrote.",
  openings: ["What is missing?", "What could be shorter?", "Suggest a title"],
};

export function Beginning({ talk }: { talk: TalkInReact }) {
  const { heading, text, openings } = useContext(BesideContext) ? ofDocument : ofRoom;
  return (
    <section className="beginning">
      <h2>{heading}</h2>
      <p>{text}</p>
      {talk.state.model === "demo" && (
        <p className="hint">
          A stand-in answers here, not a language model. Start the server with OPENAI_API_KEY for a real one.
        </p>
      )}
      <p className="openings">
        {openings.map((opening) => (
          <button key={opening} type="button" onClick={() => void talk.say(opening)}>
            {opening}
          </button>
        ))}
      </p>
    </section>
  );
}
