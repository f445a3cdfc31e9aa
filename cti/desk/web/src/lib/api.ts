import { t } from "./i18n.svelte";
import { reason } from "./reasons";
import { asked, renewed } from "./renewal";

/** What the server answered instead of what was asked for. `message` is fit to be shown. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** The HTTP status, 0 where no answer came. */
    readonly status: number,
    /** What is wrong with each part of a request that is not as it should be. */
    readonly problems: { where: string; what: string }[] = [],
  ) {
    super(message);
  }
}

const LOGIN = "/api/login";
/** Needs no log-in that is still good. */
export const LOGOUT = "/api/logout";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/**
 * Asks the server; gives its JSON, or undefined for an empty answer. Throws ApiError. Who is not
 * logged in any more is taken to the login page, and back from there.
 */
export async function api<T = void>(method: Method, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  const ofLogIn = method === "POST" && path.startsWith(LOGIN);
  let answer: Response;
  try {
    answer = await (ofLogIn || path === LOGOUT ? fetch : asked)(path, {
      method,
      headers: body === undefined ? headers : { ...headers, "Content-Type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
  } catch {
    throw new ApiError(t("error.unreachable"), 0);
  }
  const data: unknown = await answer.json().catch(() => undefined);
  if (answer.ok && ofLogIn) renewed();
  if (answer.ok) return data as T;
  if (ofLogIn) throw new ApiError(words(answer.status, data), answer.status, problems(data));
  throw refusal(answer.status, data);
}

/** What the server refused, as it says it in JSON. Who is not logged in any more is taken to the login page. */
export function refusal(status: number, data: unknown): ApiError {
  if (status === 401) logInAgain();
  return new ApiError(words(status, data), status, problems(data));
}

let askForLogin = (): void => location.assign("/login.html");

/** Takes this page to the login page, or does what it does in place of that. */
export function logInAgain(): void {
  askForLogin();
}

/** For a page that may not be left, since a talk goes on in it: `ask` has its user log in here. */
export function logInHere(ask: () => void): void {
  askForLogin = ask;
}

function words(status: number, data: unknown): string {
  if (status === 401) return t("error.logIn");
  if (status >= 500) return t("error.failed");
  const error = field(data, "error");
  return typeof error === "string" ? reason(error) : t("error.status", { status });
}

function problems(data: unknown): { where: string; what: string }[] {
  const found = field(data, "problems");
  return Array.isArray(found) ? (found as { where: string; what: string }[]) : [];
}

function field(data: unknown, name: string): unknown {
  return typeof data === "object" && data !== null ? (data as Record<string, unknown>)[name] : undefined;
}
