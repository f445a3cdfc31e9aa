/** The softphone's SIP side: JsSIP behind the few things that a softphone wants of it. */

import { C, UA, WebSocketInterface } from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession";
import type { IncomingRTCSessionEvent, OutgoingRTCSessionEvent } from "jssip/lib/UA";
import type { Agent, Heard, Session } from "./softphone";

/** What `GET /api/phone` gives. */
export interface Account {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

const EXPIRES_S = 60; // a connection that died in silence is noticed by then
const REFUSED = { status_code: 486, reason_phrase: "Busy Here" };

/** A SIP user agent that is called and does not call. Throws TypeError: the account's URL is none. */
export function sipAgent(account: Account): Agent {
  const host = new URL(account.url).hostname;
  let running: { ua: UA; socket: WebSocketInterface } | null = null;

  function reconnect(): void {
    running?.socket.disconnect();
    running?.socket.ondisconnect(true);
  }

  return {
    start(heard) {
      const socket = new WebSocketInterface(account.url);
      const ua = new UA({
        sockets: [socket],
        uri: `sip:${account.user}@${host}`,
        password: account.password,
        register_expires: EXPIRES_S,
        no_answer_timeout: 600, // how long it rings is the queue's to say
        connection_recovery_min_interval: 1,
        connection_recovery_max_interval: 8,
        user_agent: "Cordboard",
      });
      const mine = (running = { ua, socket });
      const told = (tell: () => void): void => void (running === mine && tell());
      ua.on("connecting", () => told(() => heard.connecting()));
      ua.on("disconnected", ({ reason }) => told(() => heard.lost(reason ?? "")));
      ua.on("registered", () => told(() => heard.registered()));
      ua.on("registrationFailed", ({ cause }) =>
        told(() => {
          const silent = cause === C.causes.REQUEST_TIMEOUT || cause === C.causes.CONNECTION_ERROR;
          if (silent && ua.isConnected()) reconnect();
          else if (!silent) heard.refused(String(cause ?? ""));
        }),
      );
      ua.on("newRTCSession", (event: IncomingRTCSessionEvent | OutgoingRTCSessionEvent) => {
        if (event.originator === "remote") heard.rings(incoming(event as IncomingRTCSessionEvent, heard));
      });
      ua.start();
    },
    register: () => running?.ua.register(),
    reconnect,
    stop(quietly) {
      const last = running;
      running = null;
      if (quietly) last?.socket.disconnect(); // what is sent from here on goes nowhere
      last?.ua.stop();
    },
  };
}

function incoming({ session, request }: IncomingRTCSessionEvent, heard: Heard): Session {
  const mine: Session = {
    id: session.id,
    number: session.remote_identity.uri.user ?? "",
    name: session.remote_identity.display_name ?? "",
    callInfo: request.getHeaders("Call-Info"),
    alertInfo: request.getHeaders("Alert-Info"),
    get connection() {
      return session.connection ?? null;
    },
    answer: (microphone) => session.answer({ mediaStream: microphone }),
    refuse: () => ended(session) || session.terminate(REFUSED),
    hangUp: () => ended(session) || session.terminate(),
    mute: (on) => (on ? session.mute({ audio: true }) : session.unmute({ audio: true })),
    hold: (on, done) => (on ? session.hold({}, done) : session.unhold({}, done)),
    renew: (ice) => session.renegotiate(ice ? { rtcOfferConstraints: { iceRestart: true } } : {}),
    press: (digits) => session.sendDTMF(digits, { transportType: C.DTMF_TRANSPORT.RFC2833 }),
  };
  session.on("peerconnection", ({ peerconnection }) => {
    peerconnection.addEventListener("track", ({ streams: [stream] }) => stream && heard.sound(mine, stream));
  });
  session.on("confirmed", () => heard.talks(mine));
  session.on("ended", () => heard.ended(mine));
  session.on("failed", () => heard.ended(mine));
  return mine;
}

function ended(session: RTCSession): boolean {
  return session.isEnded();
}
