// Jobs: follow a background job by its address until it ends; used by pages that wait for one.
import { get } from "./post.js";

const PAUSE = 1000;

// follow("/jobs/7.json", (job) => …): calls back with {state, done, total, percent, step, error, result}.
export async function follow(url, seen) {
  for (;;) {
    try {
      const job = await get(url);
      seen(job);
      if (job.state === "done" || job.state === "failed") return job;
    } catch (problem) {
      if (problem.status && problem.status !== 503) throw problem;
    }
    await new Promise((next) => setTimeout(next, PAUSE));
  }
}
