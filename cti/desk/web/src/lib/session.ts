import { api } from "./api";
import type { Me, Role } from "./types";

/** The page of each role. */
export function home(role: Role): string {
  return role === "agent" ? "/agent.html" : "/supervisor.html";
}

/** Who is logged in, if this page is for his role; else he is taken to his own, and null is given. */
export async function whoFor(...roles: Role[]): Promise<Me | null> {
  const me = await api<Me>("GET", "/api/me");
  if (roles.includes(me.role)) return me;
  location.replace(home(me.role));
  return null;
}

export async function logOut(): Promise<void> {
  await api("POST", "/api/logout");
  location.assign("/login.html");
}
