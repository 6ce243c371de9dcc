import-what = 文件按与手工录入相同的规则检查、评估和生成任务。同一文件重复导入不会重复入库，中断后再传可接着导入。
import-kind = 文件种类
import-ndjson = NDJSON（人员、建册、记录、转诊）
import-file = 文件
import-start = 开始导入
import-no-file = 请选择文件
import-rejected-file = 下载被拒的行和原因
import-another = 导入另一个文件
