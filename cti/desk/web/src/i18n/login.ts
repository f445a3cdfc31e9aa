export const en = {
  "login.title": "Log in",
  "login.name": "Name",
  "login.password": "Password",
  "login.wrong": "Name or password is wrong.",
} as const;

export const zh: Record<keyof typeof en, string> = {
  "login.title": "登录",
  "login.name": "用户名",
  "login.password": "密码",
  "login.wrong": "用户名或密码错误。",
};
