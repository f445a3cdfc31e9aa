/** What the server says of grading. Times are Unix seconds, scores 0 to 100. */

export interface Answer {
  name: string;
  points: number;
  fatal: boolean;
}

export interface Question {
  name: string;
  ask: string;
  answers: Answer[];
  /** False: it may be answered by NOT_APPLICABLE. */
  always: boolean;
}

export interface Section {
  name: string;
  title: string;
  weight: number;
  questions: Question[];
}

export interface Form {
  name: string;
  title: string;
  sections: Section[];
}

export type ReviewState = "open" | "submitted" | "released" | "accepted" | "objected" | "closed";

export interface Review {
  id: string;
  call: string;
  agent: string;
  queue: string;
  talked_at: number;
  grader: string;
  form: string;
  state: ReviewState;
  sample: string;
  week: string;
  calibration: string;
  score: number | null;
  fatal: boolean;
}

export interface Remark {
  /** Of the whole talk, where empty. */
  question: string;
  text: string;
  /** The second of the recording, if of one. */
  at_s: number | null;
}

export interface Content {
  answers: Record<string, string>;
  remarks: Remark[];
}

export type Deed = "submit" | "correct" | "release" | "accept" | "object" | "uphold";

export interface Step {
  number: number;
  at: number;
  who: string;
  deed: Deed;
  reasons: string;
  content: Content | null;
  score: number | null;
}

export interface Whole {
  review: Review;
  form: Form;
  content: Content;
  score: { total: number | null; sections: Record<string, number | null>; fatal: string[] } | null;
  steps: Step[];
}

export interface Samples {
  rules: { name: string; form: string; calls: number; graders: string[] }[];
  week: string;
  progress: { sample: string; week: string; grader: string; assigned: number; done: number }[];
}

/** Of an agent, how many calls are drawn of those wanted. */
export interface Count {
  agent: string;
  drawn: number;
  wanted: number;
}

export interface Calibration {
  id: string;
  reviews: Review[];
}

export interface Comparison extends Calibration {
  form: Form;
  contents: Record<string, Content>;
  compared: {
    pairs: { graders: [string, string]; alike: number; count: number; kappa: number | null }[];
    alike: number;
    kappa: number | null;
    apart: string[];
  } | null;
}

export interface Mean {
  count: number;
  mean: number | null;
}

export interface Line {
  name: string;
  quality: Mean;
  fatal: number;
  surveys: Record<string, Mean>;
}

export interface Figures {
  agents: Line[];
  queues: Line[];
}
