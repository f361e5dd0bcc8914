// What `import "parlor/react"` gives: a talk as a hook. For Preact too, through its `preact/compat`.
import { useCallback, useEffect, useLayoutEffect, useMemo, useSyncExternalStore } from "react";
import { emptyTranscript } from "../shared/transcript.ts";
import { initial } from "./state.ts";
import { createFrames, page } from "./surroundings.ts";
import { connect, type ConnectOptions, type Talk } from "./talk.ts";
import { viewOf } from "./view.ts";

type Shown = Pick<Talk, "transcript" | "state" | "token">;
type Commands = Omit<Talk, keyof Shown | "subscribe">;

/** What `useTalk` gives: all of a `Talk` but `subscribe`, which is the hook's own affair. */
export type TalkInReact = Shown &
  Commands & {
    /** The functions alone, for `memo` and contexts: the same from frame to frame. */
    readonly commands: Commands;
  };

/**
 * A talk, in a component. It is opened when the first component that wants it is mounted, and closed when the last one is
 * gone; components with the same `url`, `room` and `token` share it, and so do the two mounts of `StrictMode`.
 * Another `name` renames; another `url`, `room` or `token` closes this talk and opens that one. Without a `room` each
 * opening is a new private conversation.
 *
 * Renders once per display frame at most, however fast the words come; twice a second while the page is hidden.
 * Before it is opened, and on a server, the transcript is empty and the connection `connecting`.
 *
 * The functions are for event handlers and effects, and stay the same as long as the place does. While the talk is not
 * open, which is during the first render and after the last unmount, they throw.
 * An address or a room's name that is none is thrown to the error boundary.
 */
export function useTalk({ url, room, name, token }: ConnectOptions = {}): TalkInReact {
  const key = JSON.stringify([url, room, token]);
  const join = useCallback(
    (listener: () => void) => placeOf(key, { url, room, name, token }).join(listener),
    [key, url, room, name, token],
  );
  useOpening(() => join(() => {}), [join]);
  const shown = useSyncExternalStore(
    join,
    () => places.get(key)?.shown ?? nothing,
    () => nothing,
  );
  const commands = useMemo(() => commandsOf(key), [key]);
  return useMemo(() => ({ ...shown, ...commands, commands }), [shown, commands]);
}

/** It comes before the effects of the components below, which may have something to say. */
const useOpening = page ? useLayoutEffect : useEffect;

/** A talk and those who show it. */
type Place = {
  readonly talk: Talk;
  /** As of the latest frame: the same for all who show it, and in between. */
  readonly shown: Shown;
  /** The name that was last given as an option: only another one renames, for people rename themselves as well. */
  name: string | undefined;
  /** Returns what ends that. */
  readonly join: (listener: () => void) => () => void;
};

/** The open ones. Empty on a server, where nothing is ever mounted. */
const places = new Map<string, Place>();

const nothing: Shown = {
  transcript: emptyTranscript,
  state: {
    ...viewOf(initial({ address: "", name: "", conversation: undefined, token: undefined })),
    connection: { name: "connecting" },
  },
  token: undefined,
};

/** Enters, as the first one or after others. */
function placeOf(key: string, options: ConnectOptions): Place {
  const place = places.get(key) ?? open(key, options);
  places.set(key, place);
  const { name } = options;
  if (name !== undefined && name !== place.name) place.talk.rename((place.name = name));
  return place;
}

function open(key: string, options: ConnectOptions): Place {
  const talk = connect(options);
  const listeners = new Set<() => void>();
  let shown = shownOf(talk);
  const frames = createFrames(() => {
    if (talk.transcript === shown.transcript && talk.state === shown.state) return;
    shown = shownOf(talk);
    for (const listener of [...listeners]) listener();
  });
  const stop = talk.subscribe(frames.ask);

  function closeIfAlone(): void {
    if (listeners.size > 0 || places.get(key)?.talk !== talk) return;
    places.delete(key);
    stop();
    frames.stop();
    talk.close();
  }

  return {
    talk,
    get shown() {
      return shown;
    },
    name: options.name,
    join: (listener) => {
      const own = (): void => listener(); // React may hand in the same one twice
      listeners.add(own);
      return () => {
        listeners.delete(own);
        setTimeout(closeIfAlone); // who is mounted anew at once, as in StrictMode, finds it open
      };
    },
  };
}

const shownOf = ({ transcript, state, token }: Talk): Shown => ({ transcript, state, token });

function commandsOf(key: string): Commands {
  const talk = (): Talk => {
    const place = places.get(key);
    if (place) return place.talk;
    throw new Error(
      "The talk is not open: use it in event handlers and effects, while its component is mounted.",
    );
  };
  return {
    say: (...given) => talk().say(...given),
    tell: (...given) => talk().tell(...given),
    cancel: (...given) => talk().cancel(...given),
    undo: (...given) => talk().undo(...given),
    edit: (...given) => talk().edit(...given),
    regenerate: (...given) => talk().regenerate(...given),
    forget: () => talk().forget(),
    typing: (...given) => talk().typing(...given),
    rename: (...given) => talk().rename(...given),
    older: () => talk().older(),
    reconnect: () => talk().reconnect(),
    close: () => talk().close(),
  };
}
