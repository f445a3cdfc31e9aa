// Files to the server and from it.

import { ApiError, refusal } from "./api";
import { t } from "./i18n.svelte";
import { asked } from "./renewal";

/** Posts a file; `told` hears how much of it has gone, from 0 to 1. Throws ApiError. */
export function upload(path: string, file: Blob, told: (share: number) => void, stop: AbortSignal): Promise<Response> {
  // Unlike fetch, this one tells how far it is.
  const request = new XMLHttpRequest();
  stop.addEventListener("abort", () => request.abort());
  return new Promise((done, failed) => {
    request.open("POST", path);
    request.responseType = "blob";
    request.upload.onprogress = (event) => told(event.total ? event.loaded / event.total : 1);
    request.upload.onload = () => told(1);
    request.onerror = () => failed(new ApiError(t("error.unreachable"), 0));
    request.onabort = () => failed(new DOMException("", "AbortError"));
    request.onload = () => {
      const headers = new Headers();
      for (const name of ["Cordboard-Imported", "Cordboard-Refused"]) {
        const value = request.getResponseHeader(name);
        if (value !== null) headers.set(name, value);
      }
      taken(new Response(request.response as Blob, { status: request.status, headers })).then(done, failed);
    };
    request.send(file);
  });
}

/** Gets a file. Throws ApiError. */
export async function fetched(path: string): Promise<Blob> {
  let answer: Response;
  try {
    answer = await asked(path);
  } catch {
    throw new ApiError(t("error.unreachable"), 0);
  }
  return (await taken(answer)).blob();
}

/** Gives a file to the user. */
export function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser has it by then, or never will.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function taken(answer: Response): Promise<Response> {
  if (answer.ok) return answer;
  throw refusal(answer.status, await answer.json().catch(() => undefined));
}
