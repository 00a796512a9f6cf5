// Speaks the stand-in's control API.

const FIRST_PERSON = "U0ALICE";
const PAUSES = [500, 1000, 2000, 4000];

/** `refused` in the answer: the stand-in itself said no, or nothing; otherwise the app was asked. */
export async function post(path, body) {
  try {
    const response = await fetch(`/_/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { ...(await response.json()), refused: !response.ok };
  } catch {
    return { ok: false, error: "stand_in_unreachable", refused: true };
  }
}

/** The workspace as `user` sees it; as the first person when nobody of that name is there. */
export async function fetchState(user) {
  return (
    (await getJson(`/_/state?user=${encodeURIComponent(user)}`)) ?? getJson(`/_/state?user=${FIRST_PERSON}`)
  );
}

async function getJson(path) {
  const response = await fetch(path, { cache: "no-store" });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}

/** Calls `onChange` at every new version, for ever; `onLost` once each time the stand-in stops answering. */
export async function follow(currentVersion, onChange, onLost) {
  for (let failures = 0; ;) {
    try {
      const { version } = await getJson(`/_/wait?since=${currentVersion()}`);
      if (version !== currentVersion() || failures) await onChange();
      failures = 0;
    } catch {
      if (failures === 0) onLost();
      await new Promise((resolve) => setTimeout(resolve, PAUSES[Math.min(failures, PAUSES.length - 1)]));
      failures += 1;
      // A restarted stand-in counts versions from zero again: look at its state before waiting on the old number.
      await onChange().then(
        () => (failures = 0),
        () => undefined,
      );
    }
  }
}
