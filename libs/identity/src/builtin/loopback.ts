const loopback = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|localhost)$/;

/** The built-in identity is for one's own machine. @throws Error that names the variables */
export function assertLoopback(host: string, allowed: boolean): void {
  if (allowed || loopback.test(host)) return;
  throw new Error(
    `the built-in identity listens on the loopback only, not on ${host}: set VITRINE_IDENTITY=keystone, or VITRINE_IDENTITY_ALLOW_REMOTE=true if you know who can reach it`,
  );
}
