// What a conversation shows before anything is said in it.
import type { TalkInReact } from "../react.ts";

const openings = ["What can I do here?", "Show me a table", "Write a little code", "Make a list of ideas"];

export function Beginning({ talk }: { talk: TalkInReact }) {
  return (
    <section className="beginning">
      <h2>A room with an assistant</h2>
      <p>
        Everyone who has the link to this page is in this room, sees the same words as they are made, and may
        stop them. A reload loses nothing.
      </p>
      {talk.state.model === "demo" && (
        <p className="hint">
          A stand-in answers here, not a language model. Start the server with OPENAI_API_KEY for a real one.
        </p>
      )}
      <p className="openings">
        {openings.map((text) => (
          <button key={text} type="button" onClick={() => void talk.say(text)}>
            {text}
          </button>
        ))}
      </p>
    </section>
  );
}
