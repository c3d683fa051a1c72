// Node's client ioredis, and libraries over it that send scripts: locks, rate limiters, queues.
//
// Usage: libraries.cjs HOST PORT. Every check is an assertion; the last line says how many there
// were.

const assert = require("assert");
const Redis = require("ioredis");

const [host, port] = [process.argv[2], Number(process.argv[3])];
let checks = 0;

function same(found, expected, what) {
  checks += 1;
  assert.deepStrictEqual(found, expected, what);
}

async function fails(promise, what) {
  checks += 1;
  await promise.then(() => assert.fail(what), () => {});
}

async function commands(redis) {
  const lua = "return redis.call('INCRBY', KEYS[1], ARGV[1])";
  redis.defineCommand("addto", { numberOfKeys: 1, lua });
  same(await redis.addto("n", 5), 5, "a command of its own");
  await redis.script("FLUSH");
  same(await redis.addto("n", 5), 10, "after SCRIPT FLUSH");
  const piped = await redis.pipeline().addto("n", 1).addto("n", 1).exec();
  same(piped.map((reply) => reply[1]), [11, 12], "in a pipeline");
  same((await redis.multi().addto("n", 1).exec())[0][1], 13, "in a transaction");
}

async function limiters(redis) {
  const { RateLimiterRedis } = require("rate-limiter-flexible");
  const limiter = new RateLimiterRedis({ storeClient: redis, points: 3, duration: 60 });
  for (let at = 1; at <= 3; at += 1) {
    same((await limiter.consume("user")).consumedPoints, at, "consume");
  }
  await fails(limiter.consume("user"), "more than is allowed");
  await limiter.reward("user", 2);
  same((await limiter.get("user")).consumedPoints, 2, "reward");
  same(await limiter.delete("user"), true, "delete");
}

async function locks(redis) {
  const { default: Redlock } = require("redlock");
  const redlock = new Redlock([redis], { retryCount: 0 });
  let lock = await redlock.acquire(["one"], 5000);
  await fails(redlock.acquire(["one"], 5000), "what is taken");
  lock = await lock.extend(5000);
  await lock.release();
  lock = await redlock.acquire(["one", "two"], 5000);
  await lock.release();
}

const work = async (job) => {
  if (job.data.bad) throw new Error("bad");
  return job.data.n + 1;
};

async function bull() {
  const Bull = require("bull");
  const queue = new Bull("bull", { redis: { host, port, db: 3 } });
  await queue.empty();
  queue.process(2, work);
  const jobs = await Promise.all([1, 2, 3].map((n) => queue.add({ n }, { priority: n })));
  same(await Promise.all(jobs.map((job) => job.finished())), [2, 3, 4], "bull");
  same(await (await queue.add({ n: 7 }, { delay: 50 })).finished(), 8, "bull: delayed");
  const bad = await queue.add({ bad: true }, { attempts: 2, backoff: 10 });
  await fails(bad.finished(), "bull: a job that fails");
  const { completed, failed, waiting, active } = await queue.getJobCounts();
  same([completed, failed, waiting, active], [4, 1, 0, 0], "bull: counts");
  await queue.clean(0, "completed");
  same((await queue.getJobCounts()).completed, 0, "bull: clean");
  await queue.obliterate({ force: true });
  await queue.close();
}

// It tells about its jobs in streams.
async function bullmq() {
  const { Queue, Worker, QueueEvents } = require("bullmq");
  const connection = { host, port, db: 4, maxRetriesPerRequest: null };
  const queue = new Queue("mq", { connection });
  const events = new QueueEvents("mq", { connection });
  await events.waitUntilReady();
  const worker = new Worker("mq", work, { connection, concurrency: 2 });
  const wait = (job) => job.waitUntilFinished(events, 30000);
  const bulk = [1, 2, 3].map((n) => ({ name: "job", data: { n }, opts: { priority: n } }));
  same(await Promise.all((await queue.addBulk(bulk)).map(wait)), [2, 3, 4], "bullmq");
  same(await wait(await queue.add("late", { n: 9 }, { delay: 50 })), 10, "bullmq: delayed");
  const bad = await queue.add("bad", { bad: true }, { attempts: 2, backoff: 10 });
  await fails(wait(bad), "bullmq: a job that fails");
  const { completed, failed } = await queue.getJobCounts();
  same([completed, failed], [4, 1], "bullmq: counts");
  await worker.close();
  await events.close();
  await queue.obliterate({ force: true });
  await queue.close();
}

async function main() {
  const redis = new Redis({ host, port, db: 2 });
  await redis.flushdb();
  await commands(redis);
  await limiters(redis);
  await locks(redis);
  await bull();
  await bullmq();
  redis.disconnect();
  console.log(`${checks} checks`);
}

main().catch((problem) => {
  console.error(problem);
  process.exit(1);
});
