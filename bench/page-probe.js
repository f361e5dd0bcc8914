// Runs in the page: what its reader would feel. Long tasks are those that the browser tells of, of 50 ms and more.
/* global window, document, performance, PerformanceObserver, requestAnimationFrame */
{
  const tasks = [];
  new PerformanceObserver((list) =>
    tasks.push(...list.getEntries().map(({ startTime, duration }) => ({ startTime, duration }))),
  ).observe({ type: "longtask", buffered: true });

  const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  // the last long task is told of after it
  const told = () => new Promise((resolve) => window.setTimeout(resolve, 50));

  /** Counts frames until `isDone` says so in one of them. */
  async function measure(isDone) {
    const begun = performance.now();
    let frames = 0;
    let longestGapMs = 0;
    for (let last = await nextFrame(); !isDone(); frames++) {
      const now = await nextFrame();
      longestGapMs = Math.max(longestGapMs, now - last);
      last = now;
    }
    const ms = performance.now() - begun;
    await told();
    const long = tasks.filter(({ startTime }) => startTime >= begun).map(({ duration }) => duration);
    return { ms, frames, longestGapMs, longTasks: long.length, longestTaskMs: Math.max(0, ...long) };
  }

  const talk = () => document.getElementById("talk");
  const count = () => talk().childElementCount;
  const isAnswered = () => talk().lastElementChild?.matches(".answer:not(.active)") ?? false;

  window.probe = {
    /** Until this many have been said, and the last one is an answer that has ended. */
    answered: (items) => measure(() => count() >= items && isAnswered()),
    /** Until this stands in the box where one writes. */
    written: (text) => measure(() => document.querySelector(".composer textarea").value === text),
    /** To where the first of them was said, a screen in a frame. */
    toBeginning: (items) => {
      const scroller = document.querySelector("main");
      return measure(() => {
        scroller.scrollTop -= scroller.clientHeight;
        return count() >= items && scroller.scrollTop === 0;
      });
    },
    count,
  };
}
