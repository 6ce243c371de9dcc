// A network between the browser and the server that can be cut, mended, and made to lose connections.
import { createServer, connect } from "node:net";

/** Numbers between 0 and 1 that are the same for the same seed. */
function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Passes connections on to the server at `address`. */
export async function networkTo(address, seed = 1) {
  const { hostname, port } = new URL(address);
  const next = random(seed);
  const open = new Set();
  const counts = { passed: 0, lost: 0 };
  let isCut = false;
  let loss = 0;
  const proxy = createServer((near) => {
    near.on("error", () => {});
    if (isCut) return near.destroy();
    const far = connect(Number(port), hostname);
    const pair = () => [near, far].forEach((one) => one.destroy());
    open.add(pair);
    near.on("close", () => (open.delete(pair), far.destroy()));
    far.on("close", () => near.destroy());
    far.on("error", () => {});
    // A request or an answer is lost with the connection that it travels on.
    const pass = (from, to) =>
      from.on("data", (bytes) => {
        if (next() < loss) {
          counts.lost += 1;
          return pair();
        }
        counts.passed += 1;
        to.write(bytes);
      });
    pass(near, far);
    pass(far, near);
  });
  await new Promise((ready) => proxy.listen(0, "127.0.0.1", ready));
  return {
    address: `http://127.0.0.1:${proxy.address().port}`,
    counts,
    cut() {
      isCut = true;
      open.forEach((destroy) => destroy());
    },
    mend() {
      isCut = false;
    },
    lose(share) {
      loss = share;
    },
    close() {
      open.forEach((destroy) => destroy());
      return new Promise((done) => proxy.close(done));
    },
  };
}
