import { api, LOGOUT } from "./api";
import { last } from "./renewal";
import type { Me, Role } from "./types";

/** The pages that each role may use, its own first. */
const PAGES: Record<Role, PageName[]> = {
  agent: ["agent", "customers", "quality"],
  supervisor: ["supervisor", "customers", "quality"],
  auditor: ["admin", "quality"],
  admin: ["admin", "supervisor", "customers", "quality"],
  system: ["admin"],
};

export type PageName = "agent" | "supervisor" | "admin" | "customers" | "quality";

export function mayUse(role: Role, page: PageName): boolean {
  return PAGES[role].includes(page);
}

/** The page of each role. */
export function home(role: Role): string {
  return `/${PAGES[role][0]}.html`;
}

/** Who is logged in, if this page is for his role; else he is taken to his own, and null is given. */
export async function whoFor(...roles: Role[]): Promise<Me | null> {
  const me = await api<Me>("GET", "/api/me");
  if (roles.includes(me.role)) return me;
  location.replace(home(me.role));
  return null;
}

/** Ends the log-in and leaves the page, which is not shown again by the browser's way back either. */
export async function logOut(): Promise<void> {
  await last(() => api("POST", LOGOUT));
  addEventListener("pageshow", () => location.reload());
  location.assign("/login.html");
}
