import { removeAtOnce } from '../../harness/left-behind';

/** After the last test: the folder of the run goes. What tests left in theirs has been reported and removed before. */
export default function tearDown(): void {
  removeAtOnce(process.env.TEST_RUN!);
}
